"""Endpoints for the tests of this house: each says where it found itself."""

from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from kyc_platform.errors import Conflict
from kyc_platform.schema import connection
from tenants.api_keys.authentication import KeyPrincipal, MerchantKeyAuthentication
from tenants.api_keys.permissions import HasScope
from tenants.routing.context import current_merchant


def where(request: HttpRequest) -> HttpResponse:
    return HttpResponse(connection.schema_name)


class KeyView(APIView):
    authentication_classes = [MerchantKeyAuthentication]
    permission_classes = [HasScope]


class Probe(KeyView):
    required_scopes = {"GET": "customers:read", "POST": "customers:write"}

    def get(self, request: Request) -> Response:
        context = current_merchant()
        return Response({"schema": connection.schema_name, "merchant": context.public_id, "livemode": context.livemode})

    def post(self, request: Request) -> Response:
        actor = cast(KeyPrincipal, request.user).actor
        return Response({"actor": [actor.kind, actor.id]}, status=201)

    def delete(self, request: Request) -> Response:
        raise AssertionError("a method without a declared scope was reached")


class Undeclared(KeyView):
    def get(self, request: Request) -> Response:
        raise AssertionError("an endpoint without declared scopes was reached")


class Failing(KeyView):
    required_scopes = {"GET": "customers:read", "POST": "customers:write"}

    def get(self, request: Request) -> Response:
        raise RuntimeError("a defect")

    def post(self, request: Request) -> Response:
        raise Conflict("not now")


class Streaming(KeyView):
    required_scopes = {"GET": "customers:read"}

    def get(self, request: Request) -> StreamingHttpResponse:
        return StreamingHttpResponse((f"{current_merchant().schema}\n" for _ in range(3)), content_type="text/plain")


urlpatterns = [
    path("where", where),
    path("probe", Probe.as_view()),
    path("undeclared", Undeclared.as_view()),
    path("failing", Failing.as_view()),
    path("streaming", Streaming.as_view()),
]
