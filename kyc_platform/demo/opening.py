"""Open the demonstration's merchant in the platform whose settings are in the environment.

    python -m kyc_platform.demo.opening FOLDER

A process of its own for `make up`, which itself knows no Django. Models can be imported only once Django is set up, so the work is
named here and stands in `merchant`.
"""

import sys
from pathlib import Path

import django
from django.utils.module_loading import import_string

if __name__ == "__main__":
    django.setup()
    import_string("kyc_platform.demo.merchant.open_demonstration")(Path(sys.argv[1]))
