using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Rlhf.LabelingUi.Shell.Operation;

/// <summary>
/// <c>/healthz</c>: 200 while the server can do its work, else 503, with each check by name as JSON. The host adds checks of its own
/// (the bus) with <c>services.AddHealthChecks()</c>.
/// </summary>
internal static class HealthEndpoint
{
    public const string Address = "/healthz";

    public static void AddServices(IServiceCollection services) =>
        services.AddHealthChecks().AddCheck<DatabaseHealth>("database", timeout: TimeSpan.FromSeconds(5));

    public static void Map(IEndpointRouteBuilder routes) => routes.MapHealthChecks(Address, new HealthCheckOptions
    {
        ResponseWriter = WriteAsync,
        // A bus that has lost its broker and tries again calls itself degraded: no run is handed out meanwhile.
        ResultStatusCodes = { [HealthStatus.Degraded] = StatusCodes.Status503ServiceUnavailable },
    }).AllowAnonymous();

    private static Task WriteAsync(HttpContext context, HealthReport report) => context.Response.WriteAsJsonAsync(new
    {
        status = Name(report.Status),
        checks = report.Entries.ToDictionary(
            check => check.Key, check => new { status = Name(check.Value.Status), check.Value.Description }),
    }, JsonSerializerOptions.Web, context.RequestAborted);

    private static string Name(HealthStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());
}
