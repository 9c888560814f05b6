"""The endpoints, one module per kind. An endpoint is one function; those of the projections are made from the
catalogue.
"""
