"""mdtapp: where a cancer centre's multidisciplinary team answers a second-opinion request."""

__version__ = "0.1.0"
