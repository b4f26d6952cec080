using System.Globalization;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Shell.Errors;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>
/// Limits how often an account calls the API (a loop that went wild, not somebody who labels fast), and how often one address tries to
/// sign in or to register.
/// </summary>
internal static class RateLimits
{
    /// <summary>So many seconds' worth of calls may come at once.</summary>
    private const int Burst = 4;

    public static void AddServices(IServiceCollection services, WebSettings settings) => services.AddRateLimiter(options =>
    {
        options.RejectionStatusCode = StatusCodes.Status429TooManyRequests;
        options.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => Partition(context, settings));
        options.OnRejected = RejectAsync;
    });

    private static RateLimitPartition<string> Partition(HttpContext context, WebSettings settings)
    {
        if (ErrorAnswers.IsApi(context.Request.Path))
            return RateLimitPartition.GetTokenBucketLimiter("api " + Caller(context), _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = settings.ApiCallsPerSecond * Burst,
                TokensPerPeriod = settings.ApiCallsPerSecond,
                ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            });
        return HttpMethods.IsPost(context.Request.Method) && !context.User.IsSignedIn()
            ? RateLimitPartition.GetFixedWindowLimiter("form " + Client(context), _ => new FixedWindowRateLimiterOptions
            {
                PermitLimit = settings.SignInsPerMinute,
                Window = TimeSpan.FromMinutes(1),
            })
            : RateLimitPartition.GetNoLimiter("");
    }

    private static string Caller(HttpContext context) => context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? Client(context);

    private static string Client(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "";

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellation)
    {
        var context = rejected.HttpContext;
        int seconds = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? (int)Math.Ceiling(wait.TotalSeconds) : 1;
        context.Response.Headers.RetryAfter = Math.Max(seconds, 1).ToString(CultureInfo.InvariantCulture);
        if (ErrorAnswers.IsApi(context.Request.Path))
            await TypedResults.Problem($"too many requests; try again in {Math.Max(seconds, 1)} s (Retry-After)",
                statusCode: StatusCodes.Status429TooManyRequests).ExecuteAsync(context);
    }
}
