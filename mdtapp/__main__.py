"""`python -m mdtapp`."""

from mdtapp.cli import main

if __name__ == "__main__":
    main()
