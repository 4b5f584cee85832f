"""`GET /report`."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reporting.api.documentation import READ_REPORT
from reporting.api.parameters import PARAMETERS, ReportFormat, read_days, read_format
from reporting.api.shapes import report_csv, report_members
from reporting.compliance.report import report_on
from tenants.routing.context import current_merchant
from verification.api.base import MerchantView, query_of


class ComplianceReport(MerchantView):
    """`/report`."""

    required_scopes = {"GET": "reports:read"}

    @extend_schema(**READ_REPORT)
    def get(self, request: Request) -> HttpResponseBase:
        """Report on the days from `start` to `end`. 200 as JSON or CSV; 422 naming a parameter that is wrong."""
        parameters = query_of(request, PARAMETERS)
        wanted = read_format(parameters)
        now = self.now
        members = report_members(report_on(read_days(parameters, time_zone=current_merchant().time_zone, now=now), now=now))
        if wanted is ReportFormat.JSON:
            return Response(members)
        name = f"kyc-report_{members['start']}_{members['end']}.csv"
        return HttpResponse(
            report_csv(members),
            content_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
