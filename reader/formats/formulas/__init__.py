"""Formulas in articles: TeX, chemical formulas and the formulas of web pages as MathML."""
