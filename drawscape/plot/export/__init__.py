"""A drawing as a file: SVG, PNG, PDF, G-code, HPGL. Begin with files.py, which imports what is asked for."""
