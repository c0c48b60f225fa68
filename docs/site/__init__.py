"""The parts of the documentation that are made from the code, and what MkDocs needs to put them into its pages."""
