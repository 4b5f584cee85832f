"""The shapes of customers and of where they stand. They describe; `shapes.py` and `status.py` make, and a test holds the two equal."""

from typing import Any

from rest_framework import serializers

from verification.api.documentation.fields import (
    IDENTITY_DOCUMENT_TYPES,
    EitherField,
    LongField,
    MetadataField,
    doc_type_field,
    document_state_field,
    moment_field,
    reason_code_field,
    stage_field,
    status_field,
)
from verification.customers.validation.customers import NAME_CHARACTERS_MAX

LIVEMODE = "true: live data; false: the sandbox"


class AddressInputSerializer(serializers.Serializer[Any]):
    """A postal address in parts."""

    line1 = serializers.CharField(min_length=1, max_length=200)
    line2 = serializers.CharField(max_length=200, required=False, allow_null=True)
    city = serializers.CharField(min_length=1, max_length=200)
    postal_code = serializers.CharField(
        max_length=20, required=False, allow_null=True, help_text="2 to 12 letters and digits, with single spaces or hyphens"
    )
    region = serializers.CharField(max_length=200, required=False, allow_null=True)
    country = serializers.CharField(min_length=2, max_length=3, help_text="ISO 3166-1, alpha-2 or alpha-3; answered as alpha-2")


class AddressSerializer(serializers.Serializer[Any]):
    """A postal address in parts, as it is kept."""

    line1 = serializers.CharField()
    line2 = serializers.CharField(allow_null=True)
    city = serializers.CharField()
    postal_code = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True)
    country = serializers.RegexField(r"^[A-Z]{2}$", help_text="ISO 3166-1 alpha-2")


class IdentityDocumentInputSerializer(serializers.Serializer[Any]):
    """The paper that the customer will show. Only `type` is required."""

    type = serializers.ChoiceField(choices=IDENTITY_DOCUMENT_TYPES)
    number = serializers.CharField(required=False, allow_null=True, max_length=40)
    issuing_country = serializers.CharField(required=False, allow_null=True, help_text="ISO 3166-1")
    expiry_date = serializers.DateField(required=False, allow_null=True, help_text="today or later")


class IdentityDocumentSerializer(serializers.Serializer[Any]):
    """The paper that the customer will show."""

    type = serializers.ChoiceField(choices=IDENTITY_DOCUMENT_TYPES)
    number = serializers.CharField(allow_null=True)
    issuing_country = serializers.CharField(allow_null=True)
    expiry_date = serializers.DateField(allow_null=True)


class AddressInputField(EitherField):
    """In parts, or one string as in the second seed."""

    shape = AddressInputSerializer
    simpler = {"type": "string", "minLength": 1, "maxLength": 500}


class AddressField(EitherField):
    """In the form in which it was sent."""

    shape = AddressSerializer
    simpler = {"type": "string"}


class IdentityDocumentInputField(EitherField):
    """An object, or its kind alone as in the second seed."""

    shape = IdentityDocumentInputSerializer
    simpler = {"type": "string", "minLength": 1, "maxLength": 40}


class CustomerInputSerializer(serializers.Serializer[Any]):
    """Everything that a merchant tells of a customer. Unknown members are refused."""

    customer_id = serializers.RegexField(
        r"^[A-Za-z0-9._~:@-]{1,128}$", help_text="your own id, unique within the merchant and mode; not `.` or `..`"
    )
    name = serializers.CharField(min_length=1, max_length=NAME_CHARACTERS_MAX, help_text="full name, in any script")
    email = serializers.EmailField(max_length=254)
    phone_number = serializers.RegexField(
        r"^\+[0-9][0-9 ().\-/]*$", help_text="E.164, with its country code; spaces and separators are taken out"
    )
    date_of_birth = serializers.DateField(help_text="at least the level's minimum age ago, at most 130 years")
    address = AddressInputField(help_text="in parts, or one string")
    identity_document = IdentityDocumentInputField(help_text='an object, or its kind alone as a string: "passport", "driver\'s license"')
    level = serializers.CharField(required=False, allow_null=True, help_text="what is demanded of the customer; `standard` when left out")
    metadata = MetadataField(required=False, allow_null=True, help_text="your own notes, given back as they were sent")


class CustomerReplacementInputSerializer(CustomerInputSerializer):
    """Everything that a merchant tells of a customer, anew. What is left out is gone, but for `level`, which then stays."""

    customer_id = serializers.RegexField(r"^[A-Za-z0-9._~:@-]{1,128}$", required=False, help_text="if given, the one of the path")


class CustomerSerializer(serializers.Serializer[Any]):
    """A customer. A key without the scope `pii:read` is not shown the personal members, from `name` to `metadata`."""

    id = LongField(help_text="our long id; `user_id` of the end-user API")
    customer_id = serializers.CharField(help_text="the merchant's own id")
    name = serializers.CharField(required=False)
    email = serializers.CharField(required=False)
    phone_number = serializers.RegexField(r"^\+[0-9]+$", required=False, help_text="E.164")
    date_of_birth = serializers.DateField(required=False)
    address = AddressField(required=False, help_text="in the form in which it was sent")
    identity_document = IdentityDocumentSerializer(required=False)
    metadata = MetadataField(required=False)
    level = serializers.CharField()
    status = status_field()
    stage = stage_field()
    final = serializers.BooleanField(help_text="true: nothing more happens by itself (approved or declined)")
    created_at = moment_field("when it was registered")
    updated_at = moment_field("when its data or its status last changed")
    livemode = serializers.BooleanField(help_text=LIVEMODE)


class ReverificationSerializer(serializers.Serializer[Any]):
    """What a replacement set in motion."""

    required = serializers.BooleanField(help_text="whether anything has to be verified again")  # type: ignore[assignment]  # the API's name
    because = serializers.ListField(child=serializers.CharField(), help_text="the members whose change is the reason")
    documents = serializers.ListField(child=doc_type_field(), help_text="the documents that must come in before the check can begin")


class ReplacedCustomerSerializer(CustomerSerializer):
    """A customer after its replacement."""

    reverification = ReverificationSerializer()


class CustomerPageSerializer(serializers.Serializer[Any]):
    """A page of customers, the newest first."""

    data = CustomerSerializer(many=True)  # type: ignore[assignment]  # the API's name
    next_cursor = serializers.CharField(allow_null=True, help_text="`cursor` of the next page; null on the last")
    has_more = serializers.BooleanField()


class EndUserReasonSerializer(serializers.Serializer[Any]):
    """Why a document or a customer was not accepted, in words for the end user."""

    code = reason_code_field()
    message = serializers.CharField(help_text="words for the end user: what to do")
    user_fixable = serializers.BooleanField(help_text="whether another photo or document can help")


class DocumentStandingSerializer(serializers.Serializer[Any]):
    """Where one document stands."""

    doc_type = doc_type_field()
    status = document_state_field()
    submitted_at = moment_field("when the current submission came in", allow_null=True)
    decided_at = moment_field("when it was verified or rejected", allow_null=True)
    reasons = EndUserReasonSerializer(many=True)


class IssueSerializer(EndUserReasonSerializer):
    """One issue or discrepancy, of a document or of the verification as a whole."""

    doc_type = doc_type_field(allow_null=True, help_text="null: of no single document")


class KycStatusSerializer(serializers.Serializer[Any]):
    """Where a customer stands."""

    customer_id = serializers.CharField()
    status = status_field()
    stage = stage_field()
    final = serializers.BooleanField(help_text="true: nothing more happens by itself (approved or declined)")
    level = serializers.CharField()
    documents = DocumentStandingSerializer(many=True, help_text="every document that is in")
    missing = serializers.ListField(child=doc_type_field(), help_text="required documents that are not in")
    issues = IssueSerializer(many=True, help_text="details of any issues or discrepancies")
    verification_id = serializers.CharField(help_text="the newest run")
    sequence = serializers.IntegerField(min_value=1, help_text="grows with every change; the same number that webhooks carry")
    updated_at = moment_field("when anything of this last changed")
    livemode = serializers.BooleanField(help_text=LIVEMODE)
