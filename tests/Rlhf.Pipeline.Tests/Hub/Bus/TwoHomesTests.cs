using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rlhf.Definitions.Pipelines;
using Rlhf.Pipeline.Hub.Bus;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Storage.Entities;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Hub.Bus;

/// <summary>Two home folders share a virtual host of a broker without receiving each other's messages.</summary>
public sealed class TwoHomesTests : IDisposable
{
    private readonly TemporaryFolder _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public async Task Two_hubs_on_one_virtual_host_do_their_own_work_and_hear_nothing_of_the_other()
    {
        using var broker = await RabbitMqBroker.StartAsync(TestContext.Current.CancellationToken);
        using var log = new RecordingLog();
        await using var first = await StartAsync("first", broker, log);
        await using var second = await StartAsync("second", broker, log);
        // Messages that went to either hub by turns would miss their own sooner or later.
        var stages = Enumerable.Repeat(Text(), 4).ToArray();
        var started = new[] { await first.StartPipelineAsync(stages), await second.StartPipelineAsync(stages) };
        var ends = new[] { await first.EndOfAsync(started[0]), await second.EndOfAsync(started[1]) };

        foreach (var (end, name) in ends.Zip(["first", "second"]))
        {
            Assert.Equal((RunState.Succeeded, null), (end.State, end.Reason));
            Assert.All(end.Runs, run => Assert.Equal(1, run.Attempt));
            Assert.Equal(stages.Length, File.ReadAllLines(_place[$"{name}.starts"]).Length);
        }
        // A hub warns of a command for a pipeline run that is not its own.
        Assert.DoesNotContain(log.Lines, line => line.Contains("not in this home folder", StringComparison.Ordinal));
    }

    private Task<TestHub> StartAsync(string name, RabbitMqBroker broker, RecordingLog log) => TestHub.StartAsync(
        Home.Open(_place[name]),
        ShellChild.Script(_place, $$"""
            echo x >> '{{_place[$"{name}.starts"]}}'
            echo '{"steps":1}' > "$out/result.pending.json"
            """),
        configure: services => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning).AddProvider(log)),
        broker: BusAddress.Parse(broker.Address));

    private PipelineStage Text() => TestHub.TextStage(_place);
}
