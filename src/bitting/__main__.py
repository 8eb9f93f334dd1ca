"""`python -m bitting` is `bitting`."""

from bitting.cli import main

if __name__ == "__main__":
    main()
