using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Rlhf.Core;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>Refusals of the API as problem details (RFC 9457); <c>errors</c> names the field that is at fault.</summary>
internal static class Problems
{
    public static ProblemHttpResult Create(UserError error) => Create(error.Message, StatusOf(error.Kind), error.Field);

    public static ProblemHttpResult Create(string detail, int status, string? field = null) => TypedResults.Problem(
        detail, statusCode: status, extensions: Errors(field, detail));

    /// <summary>The extension that names a field; null where there is none.</summary>
    public static Dictionary<string, object?>? Errors(string? field, string detail) => field is null ? null : new()
    {
        ["errors"] = new Dictionary<string, string[]> { [field] = [detail] },
    };

    private static int StatusOf(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => StatusCodes.Status404NotFound,
        ErrorKind.Conflict => StatusCodes.Status409Conflict,
        ErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        ErrorKind.KeyReused => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status400BadRequest,
    };
}
