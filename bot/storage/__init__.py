"""EDGE: the database, through SQLAlchemy Core and Alembic."""
