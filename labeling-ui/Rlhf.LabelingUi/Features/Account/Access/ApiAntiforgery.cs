using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Rlhf.LabelingUi.Shell.Errors;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>
/// Calls of the API that change something and are signed in by cookie must bring a header that no other site can send: browsers add
/// cookies by themselves. A token is only ever sent on purpose.
/// </summary>
internal static class ApiAntiforgery
{
    public const string Header = "RequestVerificationToken";

    public static void Use(IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (IsNeeded(context) && !await IsBroughtAsync(context))
        {
            await TypedResults.Problem(
                $"the header {Header} is missing, or belongs to another sign-in; GET /api/v1/session gives one as 'antiforgery'",
                statusCode: StatusCodes.Status400BadRequest).ExecuteAsync(context);
            return;
        }
        await next(context);
    });

    private static bool IsNeeded(HttpContext context) => ErrorAnswers.IsApi(context.Request.Path)
        && context.User.Identity?.AuthenticationType == SignInCookie.Scheme
        && !HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method)
        && !HttpMethods.IsOptions(context.Request.Method) && !HttpMethods.IsTrace(context.Request.Method);

    private static async Task<bool> IsBroughtAsync(HttpContext context) => context.Request.Headers.ContainsKey(Header)
        && await context.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(context);
}
