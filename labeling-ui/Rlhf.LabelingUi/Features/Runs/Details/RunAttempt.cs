using System.Globalization;
using Rlhf.Storage;
using Rlhf.Storage.Entities;

namespace Rlhf.LabelingUi.Features.Runs.Details;

/// <summary>The files of one attempt of a run.</summary>
/// <param name="Number">1 for the first.</param>
public sealed record RunAttempt(int Number, string Folder)
{
    public string Database => Path.Combine(Folder, Home.RunDatabaseName);

    public string Log => Path.Combine(Folder, "run.log");

    /// <summary>The attempts that left a folder, the latest first. A run of a version without such folders has one, its own.</summary>
    public static IReadOnlyList<RunAttempt> Find(Home home, Run run)
    {
        string attempts = Path.Combine(home.RunFolder(run.Id), "attempts");
        if (Directory.Exists(attempts))
        {
            return
            [
                .. Directory.EnumerateDirectories(attempts)
                    .Select(folder => new RunAttempt(
                        int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0, folder))
                    .Where(attempt => attempt.Number > 0).OrderByDescending(attempt => attempt.Number),
            ];
        }
        return Directory.Exists(home.RunFolder(run.Id)) && run.Attempt > 0 ? [new RunAttempt(run.Attempt, home.RunFolder(run.Id))] : [];
    }
}
