using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Rlhf.LabelingUi.Shell.Errors;

/// <summary>
/// Answers to failed requests: a page for people, problem details (RFC 9457) under /api, never a stack trace.
/// </summary>
internal static class ErrorAnswers
{
    private const string PageAddress = "/status/";

    public static bool IsApi(PathString path) => path.StartsWithSegments("/api");

    /// <summary>Before everything that may refuse a request: an answer without a body gets one.</summary>
    public static void UseForRefusals(IApplicationBuilder app) => app.UseStatusCodePages(context =>
        IsApi(context.HttpContext.Request.Path)
            ? TypedResults.Problem(statusCode: context.HttpContext.Response.StatusCode).ExecuteAsync(context.HttpContext)
            : context.HttpContext.Response.WriteAsync(ReasonPhrases.GetReasonPhrase(context.HttpContext.Response.StatusCode) + "\n"));

    /// <summary>Around the pages and the API: exceptions, and pages instead of empty answers.</summary>
    public static void UseForPages(IApplicationBuilder app)
    {
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandlingPath = PageAddress + StatusCodes.Status500InternalServerError,
            CreateScopeForErrors = true,
            StatusCodeSelector = FailureLog.StatusOf,
            // FailureLog has logged it already, with the id.
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseWhen(context => !IsApi(context.Request.Path), pages =>
            // A scope of its own: the page that answered so far has its services in use.
            pages.UseStatusCodePagesWithReExecute(PageAddress + "{0}", createScopeForStatusCodePages: true));
        app.Use(ShowPageAsync);
    }

    /// <summary>
    /// The page of an error is shown, whatever was sent: under the method of the request, it would be taken for a form.
    /// </summary>
    private static async Task ShowPageAsync(HttpContext context, RequestDelegate next)
    {
        string method = context.Request.Method;
        if (context.Features.Get<IStatusCodeReExecuteFeature>() is not null || context.Features.Get<IExceptionHandlerFeature>() is not null)
            context.Request.Method = HttpMethods.Get;
        try
        {
            await next(context);
            // The renderer of pages refuses what no form takes with a content type, but nothing in it: as if it had answered.
            if (!HttpMethods.IsGet(method) && context.Response is { HasStarted: false, StatusCode: >= 400 } && !IsApi(context.Request.Path))
                context.Response.ContentType = null;
        }
        finally
        {
            context.Request.Method = method;
        }
    }
}
