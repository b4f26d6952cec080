using Microsoft.AspNetCore.Http;
using Rlhf.LabelingUi.Features.Account.Users;

namespace Rlhf.LabelingUi.Features.Account.Invitations;

/// <summary><c>/join/{code}?workerId=…&amp;session=…</c>, with the names that Prolific and MTurk give these parameters too.</summary>
internal static class WorkerLink
{
    public const string Address = "/join";

    /// <summary>What Prolific fills in.</summary>
    public const string ProlificQuery = "?workerId={{%PROLIFIC_PID%}}&session={{%SESSION_ID%}}";

    private const int MaxLength = 200;

    private static readonly string[] WorkerNames = ["workerId", "PROLIFIC_PID", "worker", "participantId"];

    private static readonly string[] SessionNames = ["session", "SESSION_ID", "assignmentId"];

    public static string Path(string code) => $"{Address}/{code}";

    public static string? Worker(IQueryCollection query) => First(query, WorkerNames);

    public static string? Session(IQueryCollection query) => First(query, SessionNames);

    /// <exception cref="AccountRefusedException">It is empty, too long, or the placeholder of a preview.</exception>
    public static string Check(string? workerId) => workerId?.Trim() is { Length: > 0 and <= MaxLength } id
        && !id.Any(char.IsControl) && !id.StartsWith("{{", StringComparison.Ordinal)
            ? id
            : throw new AccountRefusedException(AccountRefusal.WorkerIdInvalid, "workerId",
                $"the link must bring a worker id of 1 … {MaxLength} characters, as workerId or PROLIFIC_PID");

    public static string? Shorten(string? session) => session is { Length: > MaxLength } ? session[..MaxLength] : session;

    private static string? First(IQueryCollection query, string[] names) =>
        names.Select(name => (string?)query[name]).FirstOrDefault(value => !string.IsNullOrWhiteSpace(value));
}
