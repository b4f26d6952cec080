using System.Security.Cryptography;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rlhf.LabelingUi.Shell.Api;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Shell.Errors;

/// <summary>Logs what went wrong under an id that the answer shows too. Under /api it also answers.</summary>
internal sealed partial class FailureLog(ILogger<FailureLog> logger) : IExceptionHandler
{
    private static readonly object IdKey = new();

    /// <summary>The id under which the failure of this request was logged; null where none was.</summary>
    public static string? IdOf(HttpContext context) => context.Items[IdKey] as string;

    public static int StatusOf(Exception exception) =>
        exception is BadHttpRequestException refused ? refused.StatusCode : StatusCodes.Status500InternalServerError;

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        int status = StatusOf(exception);
        // The path of the request itself is that of the error page by now.
        PathString path = httpContext.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? httpContext.Request.Path.Value;
        if (status < StatusCodes.Status500InternalServerError)
            return await AnswerApiAsync(httpContext, path, status, exception.Message,
                Problems.Errors((exception as InvalidBodyException)?.Field, exception.Message));
        string id = RandomNumberGenerator.GetHexString(8, lowercase: true);
        httpContext.Items[IdKey] = id;
        LogFailure(logger, exception, httpContext.Request.Method, path, id);
        return await AnswerApiAsync(httpContext, path, status, $"the server failed; its log tells why under the id {id}",
            new Dictionary<string, object?> { ["errorId"] = id });
    }

    private static async Task<bool> AnswerApiAsync(
        HttpContext context, PathString path, int status, string detail, Dictionary<string, object?>? extensions)
    {
        if (!ErrorAnswers.IsApi(path))
            return false;
        await TypedResults.Problem(detail, statusCode: status, extensions: extensions).ExecuteAsync(context);
        return true;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed (error id {Id})")]
    private static partial void LogFailure(ILogger logger, Exception exception, string method, PathString path, string id);
}
