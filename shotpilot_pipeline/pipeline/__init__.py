"""The trip on one page: read, check, expand, plan, carry out, report."""
