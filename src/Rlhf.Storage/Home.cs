using System.Globalization;
using Rlhf.Core;

namespace Rlhf.Storage;

/// <summary>The home folder: the database (rlhf.db) and a folder for each run.</summary>
public sealed record Home
{
    public const string Variable = "RLHF_HOME";

    public Home(string root) => Root = Path.GetFullPath(root);

    /// <summary>The folder itself, as a full path.</summary>
    public string Root { get; }

    /// <summary>Annotations, datasets, runs and their lineage.</summary>
    public string Database => Path.Combine(Root, "rlhf.db");

    /// <summary>Who signs in; only the pages read it.</summary>
    public string Accounts => Path.Combine(Root, "accounts.db");

    /// <summary>
    /// Eight hexadecimal digits that tell home folders apart, made with the folder: part of the names of queues, so that two hubs
    /// on one broker do not receive each other's messages.
    /// </summary>
    /// <exception cref="UserError">The file that holds it is damaged, or cannot be made.</exception>
    public string Id => HomeId.ReadOrCreate(Path.Combine(Root, "home.id"));

    /// <summary>Where the running hub of this folder answers, and the token to ask it with; readable by its owner only.</summary>
    public string HubAddress => Path.Combine(Root, "hub.json");

    /// <summary>The folder of all runs.</summary>
    public string Runs => Path.Combine(Root, "runs");

    /// <summary>Prompts that were typed into a form, a file for each time.</summary>
    public string Prompts => Path.Combine(Root, "prompts");

    /// <summary>The keys that protect sign-ins and forms, for their owner's eyes only.</summary>
    public string Keys => Path.Combine(Root, "keys");

    /// <summary>The folder of one run.</summary>
    public string RunFolder(Guid run) => Path.Combine(Runs, run.ToString());

    /// <summary>The name of the file that holds metrics and samples of one attempt of a run.</summary>
    public const string RunDatabaseName = "run.db";

    /// <summary>The folder of what one attempt of a run makes.</summary>
    /// <param name="runFolder">The folder of the run.</param>
    /// <param name="attempt">1 for the first.</param>
    public static string AttemptFolder(string runFolder, int attempt) =>
        Path.Combine(runFolder, "attempts", attempt.ToString(CultureInfo.InvariantCulture));

    /// <summary>The HTML report of one pipeline run.</summary>
    public string Report(Guid pipelineRun) => Path.Combine(Root, "reports", pipelineRun + ".html");

    /// <summary>A path as rows keep it: relative to the home folder where it lies in it, so that the folder can be moved.</summary>
    public string Relative(string path)
    {
        string relative = Path.GetRelativePath(Root, Path.GetFullPath(path));
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative)
            ? Path.GetFullPath(path)
            : relative.Replace('\\', '/');
    }

    /// <summary>The full path of what <see cref="Relative"/> gave.</summary>
    public string Absolute(string path) => Path.GetFullPath(path, Root);

    /// <summary>The home folder that was asked for: the option, else RLHF_HOME, else .rlhf in the current folder. Makes nothing.</summary>
    /// <exception cref="UserError">No path.</exception>
    public static Home Resolve(string? option = null)
    {
        string? variable = Environment.GetEnvironmentVariable(Variable);
        string root = option ?? (string.IsNullOrWhiteSpace(variable) ? ".rlhf" : variable);
        return root.Length > 0 && !root.Contains('\0')
            ? new Home(root)
            : throw new UserError($"'{root}' is not the name of a folder; name the home folder with --home");
    }

    /// <summary>The home folder that was asked for, made where it is not there yet.</summary>
    /// <exception cref="UserError">It cannot be made or written.</exception>
    public static Home Open(string? option = null)
    {
        Home home = Resolve(option);
        if (File.Exists(home.Root))
            throw new UserError($"{home.Root}: is a file; --home or {Variable} must name a folder");
        try
        {
            Directory.CreateDirectory(home.Runs);
            return home;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UserError($"{home.Root}: cannot be created or written: {exception.Message.TrimEnd('.')}; "
                + $"name another home folder with --home or {Variable}", exception);
        }
    }
}
