using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>Answers bad input with problem details, and a database that is locked for long with "try again".</summary>
internal sealed class RefusalFilter : IEndpointFilter
{
    private const int Busy = 5, Locked = 6;
    private const string RetrySeconds = "5";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (UserError error)
        {
            return Problems.Create(error);
        }
        catch (Exception exception) when ((exception as SqliteException ?? exception.InnerException as SqliteException)
            is { SqliteErrorCode: Busy or Locked })
        {
            context.HttpContext.Response.Headers.RetryAfter = RetrySeconds;
            return Problems.Create(
                "another program, perhaps a backup, keeps the database locked; nothing was changed, send the request again",
                StatusCodes.Status503ServiceUnavailable);
        }
    }
}
