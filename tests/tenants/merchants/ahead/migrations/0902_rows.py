import time

from django.db import migrations

SECONDS = 0.15


def write_a_row_slowly(apps, schema_editor):
    apps.get_model("reporting", "Ahead").objects.create(word="written once")
    time.sleep(SECONDS)


class Migration(migrations.Migration):
    dependencies = [("reporting", "0901_tables")]
    operations = [migrations.RunPython(write_a_row_slowly, migrations.RunPython.noop)]
