"""Messages of SDMX: data as SDMX-CSV, SDMX-JSON and SDMX-ML, structures as SDMX-JSON and SDMX-ML."""
