"""One thread for linear algebra, as `semantic-eq analyse` sets it: small matrices are slower in several."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
