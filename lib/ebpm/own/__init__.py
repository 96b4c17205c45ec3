"""A municipality's own data: forms, import with a look at privacy, a warehouse of their own."""
