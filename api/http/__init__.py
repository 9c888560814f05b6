"""HTTP: routes, the middleware before them, the bodies of requests, and the description of the API (OpenAPI)."""
