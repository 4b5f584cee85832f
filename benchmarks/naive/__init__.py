"""The same read as the packages' own documentation would have it: a baseline, and no part of the platform.

Django REST framework as it comes, djangorestframework-api-key's own permission, a tenant middleware that finds the merchant by the key,
Django's Redis cache, and the ORM. It works on the platform's own tables, so that both sides read the same rows.
"""
