using Microsoft.Extensions.DependencyInjection;
using Rlhf.Core.Options;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Changes;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Results;

/// <summary>From the process that trains to whoever listens to the change feed.</summary>
public sealed class RunMetricsChangeTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task New_metrics_are_told_when_the_database_of_the_attempt_has_them()
    {
        var stop = TestContext.Current.CancellationToken;
        // So many numbers are written at once; fewer wait for the next second.
        var values = Enumerable.Range(0, 5000).ToDictionary(i => $"m{i}", i => i + 0.5);
        values["broken"] = double.NaN;
        await File.WriteAllTextAsync(_place["line"], new MetricsLine(7, values).ToJson() + "\n", stop);
        await File.WriteAllTextAsync(_place["corpus.txt"], "one\n<|endoftext|>\ntwo\n", stop);
        var home = Home.Open(_place["home"]);
        await using var hub = await TestHub.StartAsync(home, ShellChild.Script(_place, $"cat '{_place["line"]}'; exec sleep 600"));
        var feed = hub.Services.GetRequiredService<ChangeFeed>();
        long before = feed.Latest;
        var id = await hub.StartPipelineAsync(new PipelineStage(RunKinds.Pretrain, new PretrainOptions { Corpus = _place["corpus.txt"] }));
        var change = await feed.SubscribeAsync(before, stop).FirstAsync(c => c.Type == ChangeTypes.RunMetrics, stop);

        Assert.Equal((id, RunIds.ForStage(id, 0)), (change.PipelineRunId, change.RunId));
        Assert.Equal((RunKinds.Pretrain, 7), ((string?)change.Payload["kind"], (int?)change.Payload["step"]));
        var told = change.Payload["values"]!.AsObject();
        Assert.Equal(5000, told.Count);
        Assert.Equal(42.5, (double?)told["m42"]);
        using var reader = new RunMetricsReader(new RunFolder(home.RunFolder(change.RunId!.Value)).Attempt(1).DatabaseFile);
        Assert.Equal(5001, reader.Names().Count);
        await hub.Runs.CancelAsync(id, "the test is over", stop);
    }
}
