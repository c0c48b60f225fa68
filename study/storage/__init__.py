"""The database: its tables, migrations, commits, secrets, receipts and backups."""
