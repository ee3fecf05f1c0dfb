"""The sections of the page, one file each; every one takes a `Page` and a report and returns markup."""
