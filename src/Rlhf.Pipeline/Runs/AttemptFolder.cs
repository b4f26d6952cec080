using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Files;
using Rlhf.Storage;

namespace Rlhf.Pipeline.Runs;

/// <summary>
/// The folder of one attempt of a run, <c>runs/&lt;id&gt;/attempts/&lt;N&gt;/</c>: everything that the attempt makes. No other
/// attempt writes here, so that a superseded attempt can do no harm, and the log of a crashed one stays.
/// </summary>
public sealed class AttemptFolder
{
    internal AttemptFolder(RunFolder run, int number)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        (Run, Number, Path) = (run, number, Home.AttemptFolder(run.Path, number));
    }

    /// <summary>What the attempt starts from.</summary>
    public RunFolder Run { get; }

    /// <summary>1 for the first attempt of the run.</summary>
    public int Number { get; }

    public string Path { get; }

    /// <summary>Lines of <see cref="Files.CandidateLine"/>.</summary>
    public string CandidatesFile => In("candidates.jsonl");

    /// <summary>Lines of <see cref="Files.RankingLine"/>.</summary>
    public string RankingsFile => In("rankings.jsonl");

    /// <summary>Lines of <see cref="Files.EvaluationLine"/>.</summary>
    public string EvaluationFile => In("evaluation.jsonl");

    /// <summary>The trained checkpoint, a Hugging Face folder.</summary>
    public string ModelFolder => In("model");

    /// <summary>There last: an attempt with this file is done.</summary>
    public string ResultFile => In("result.json");

    /// <summary>The result that a process has written, until the executor that follows it has recorded all its metrics.</summary>
    public string PendingResultFile => In("result.pending.json");

    /// <summary>Metrics and samples, written by the executor that follows the attempt.</summary>
    public string DatabaseFile => In(Home.RunDatabaseName);

    /// <summary>What the process printed beside its messages to its parent.</summary>
    public string LogFile => In("run.log");

    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Makes the folder for an attempt that starts now.</summary>
    /// <exception cref="UserError">There has been an attempt of this number; nothing of it is touched.</exception>
    public AttemptFolder Create()
    {
        if (Directory.Exists(Path))
            throw new UserError($"{Path}: attempt {Number} exists already and is not overwritten; give another number");
        Directory.CreateDirectory(Path);
        return this;
    }

    /// <summary>The folder of an attempt that goes on after a wait; made where it is another attempt.</summary>
    public AttemptFolder Continue()
    {
        Directory.CreateDirectory(Path);
        return this;
    }

    public void WriteResult<T>(T result) => Write(ResultFile, result);

    public void WritePendingResult<T>(T result) => Write(PendingResultFile, result);

    /// <summary>Makes the pending result the result, in one rename.</summary>
    public void AcceptResult() => File.Move(PendingResultFile, ResultFile);

    public T ReadResult<T>() => JsonSerializer.Deserialize<T>(RegularFile.ReadAllText(ResultFile), RunJson.Indented)
        ?? throw new UserError($"{ResultFile}: empty");

    private static void Write<T>(string file, T result) =>
        AtomicFile.WriteText(file, JsonSerializer.Serialize(result, RunJson.Indented) + "\n");
}
