using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using Rlhf.LabelingUi.Features.Account.SignIn;
using Rlhf.LabelingUi.Shell.Errors;

namespace Rlhf.LabelingUi.Features.Account.Access;

/// <summary>What is answered to a request that is not let in: the API is told why, a browser is sent to sign in or shown a page.</summary>
internal sealed class AccessRefusals : IAuthorizationMiddlewareResultHandler
{
    public Task HandleAsync(
        RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult) =>
        authorizeResult.Succeeded ? next(context)
        : ErrorAnswers.IsApi(context.Request.Path) ? AnswerAsync(context, policy)
        : context.User.IsSignedIn() ? ForbidAsync(context)
        : RedirectAsync(context);

    private static Task AnswerAsync(HttpContext context, AuthorizationPolicy policy)
    {
        if (!context.User.IsSignedIn())
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return ProblemAsync(context, StatusCodes.Status401Unauthorized, RefusalReason.Of(context)
                ?? "not signed in: send a token (Authorization: Bearer …), or sign in with the browser");
        }
        var needed = policy.Requirements.OfType<LeastRole>().Select(requirement => requirement.Role).DefaultIfEmpty().Max();
        return ProblemAsync(context, StatusCodes.Status403Forbidden,
            $"this needs the role {needed.ApiName()}; your account has the role {context.User.Role().ApiName()}");
    }

    private static Task ProblemAsync(HttpContext context, int status, string detail) =>
        TypedResults.Problem(detail, statusCode: status).ExecuteAsync(context);

    private static Task ForbidAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private static Task RedirectAsync(HttpContext context)
    {
        // Found, not See Other: what every client does with it is the same, GET.
        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers[HeaderNames.Location] =
            context.Request.PathBase + SignInPage.Address + ReturnAddress.Query(context.Request);
        return Task.CompletedTask;
    }
}
