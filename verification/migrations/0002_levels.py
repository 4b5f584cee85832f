"""The three levels that every merchant begins with. Plain SQL, so that it can be sent to many schemas at once."""

from django.db import migrations

INSERT = """
INSERT INTO verification_level
    (name, required_documents, passport_needs_back, provider, minimum_age, review_suspects, check_hours_max)
VALUES
    ('basic', '["ID_FRONT", "SELFIE"]', true, 'sandbox', 18, false, 24),
    ('standard', '["ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE"]', true, 'sandbox', 18, false, 24),
    ('enhanced', '["ID_FRONT", "ID_BACK", "PROOF_OF_ADDRESS", "SELFIE"]', false, 'sandbox', 18, true, 24)
"""
DELETE = "DELETE FROM verification_level WHERE name IN ('basic', 'standard', 'enhanced')"


class Migration(migrations.Migration):
    """Data only; follows the tables."""

    dependencies = [("verification", "0001_initial")]
    operations = [migrations.RunSQL(INSERT, DELETE)]
