"""`python -m shotpilot_pipeline` is `shotpilot`."""

from shotpilot_pipeline.cli.main import main

if __name__ == "__main__":
    main()
