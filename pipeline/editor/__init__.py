"""The proofreading desk: ``minutes edit``. From the record to the page: ``edits`` → ``applying`` → ``desk`` → ``api`` → ``static/``."""
