using System.Globalization;
using Rlhf.Core.Options;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

/// <summary>
/// The bar of pipelines/people.yaml as it ships (tests/bars/people.sh): scripts rank by the gold reward with noise, two rounds, the hub is
/// killed in each; the policy of the second round beats the start. RLHF_PEOPLE says on which bus: memory or rabbitmq. RLHF_PEOPLE_SET
/// has further settings, with spaces between.
/// </summary>
[Collection(TinyLoop.Tests)]
public sealed class PeopleBarTests
{
    /// <summary>The quickstart's bar.</summary>
    private const double LeastWinRate = 0.75;

    private static readonly TimeSpan Patience = TimeSpan.FromHours(1);

    /// <summary>As many, and as good, as the annotators of the quickstart.</summary>
    private static readonly SimulatedAnnotatorOptions Annotators = new() { Count = 5, ErrorRate = 0.15, TieMargin = 3.5 };

    [Fact]
    public async Task The_second_round_beats_the_start()
    {
        if (Environment.GetEnvironmentVariable("RLHF_PEOPLE") is not { Length: > 0 } bus)
        {
            Assert.Skip("SKIPPED: takes some ten minutes; tests/bars/people.sh runs it (RLHF_PEOPLE)");
            return;
        }
        var stop = TestContext.Current.CancellationToken;
        using var folder = new Testing.TemporaryFolder();
        using var broker = bus == "rabbitmq" ? await RabbitMqBroker.StartAsync(stop) : null;
        string home = folder["home"];
        await using var pipeline = await PeoplePipeline.StartAsync(home, broker, Environment.ProcessorCount, stop);
        pipeline.Begin(["evaluate.goldReward=reviews", .. Further()]);
        using var scripts = new AnnotatorScripts(home, pipeline.Url, Annotators);
        for (int round = 1; round <= 2; round++)
        {
            var project = await pipeline.WaitingAsync(round, Patience, stop);
            int tasks = Tasks(pipeline), before = scripts.Saved;
            var held = scripts.HoldAfterAsync(tasks / 2, stop);
            var labeling = scripts.LabelAsync(project, stop);
            await held;
            await pipeline.KillHubAsync(stop);
            scripts.GoOn();
            await pipeline.StartHubAsync(stop);
            await labeling;
            Assert.Equal(tasks, scripts.Saved - before);
            Say($"{bus}, round {round}: {tasks} answers by {Annotators.Count} scripts, each saved once, with a SIGKILL of the hub after "
                + $"{tasks / 2}");
        }
        var summary = pipeline.Follow();
        await CheckOnceAsync(home, scripts.Saved, stop);
        var rate = summary.GetProperty("win_rate");
        double low = rate.GetProperty("low").GetDouble();
        Say($"{bus}: " + summary.GetRawText());
        Say(string.Create(CultureInfo.InvariantCulture, $"{bus}: win rate of the second round's policy against the start: ")
            + $"{rate.GetRawText()}; wanted: low end {LeastWinRate} or more: {(low >= LeastWinRate ? "kept" : "MISSED")}");
        Assert.True(low >= LeastWinRate, $"the low end of the win rate is {low}");
    }

    private static string[] Further() =>
        (Environment.GetEnvironmentVariable("RLHF_PEOPLE_SET") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static int Tasks(PeoplePipeline pipeline) => pipeline.Status().GetProperty("runs").EnumerateArray().Last()
        .GetProperty("labeling").GetProperty("wanted").GetInt32();

    private static async Task CheckOnceAsync(string home, int answers, CancellationToken stop)
    {
        using var database = await RlhfDatabase.OpenAsync(new Home(home).Database, stop);
        await using var db = database.OpenReadContext();
        Assert.Equal(answers, db.Annotations.Count());
        Assert.Equal(answers, db.Annotations.Select(a => a.TaskId).Distinct().Count());
    }

    private static void Say(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}
