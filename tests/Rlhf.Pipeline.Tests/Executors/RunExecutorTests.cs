using System.Collections.Concurrent;
using System.Threading.Channels;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Rlhf.Contracts;
using Rlhf.Pipeline.Executors;
using Rlhf.Pipeline.Runs;
using Rlhf.Pipeline.Tests.Runs;
using Rlhf.Storage;
using Rlhf.Testing;

namespace Rlhf.Pipeline.Tests.Executors;

/// <summary>The executor on a bus in memory, with real child processes; the test answers in place of the hub.</summary>
public sealed class RunExecutorTests : IDisposable
{
    private static readonly Guid Run = Guid.CreateVersion7();

    private readonly TemporaryFolder _place = new();
    private readonly FakeHub _hub = new();
    private readonly RecordingLog _log = new();

    public void Dispose() => _place.Dispose();

    private Home Home => Home.Open(_place["home"]);

    private RunFolder Folder => new(Home.RunFolder(Run));

    [Fact]
    public async Task An_attempt_whose_folder_exists_ends_with_the_reason_and_is_not_started_again_and_again()
    {
        Folder.Attempt(1).Create();
        _hub.Attempts.Enqueue(1);
        _hub.Attempts.Enqueue(2);
        using var host = Host("echo '{}' > \"$out/result.pending.json\"");
        await host.StartAsync(TestContext.Current.CancellationToken);
        var first = Assert.IsType<RunEnded>(await _hub.NextEndAsync());
        var second = Assert.IsType<RunCompleted>(await _hub.NextEndAsync());
        await host.StopAsync(CancellationToken.None);

        Assert.Contains("attempt 1 exists already", first.Reason, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Folder.Attempt(1).Path));
        Assert.True(File.Exists(Folder.Attempt(2).ResultFile));
        // An answered lease id is used up.
        Assert.Equal(_hub.Leases.Count, _hub.Leases.Distinct().Count());
        Assert.NotEqual(first.LeaseId, second.LeaseId);
    }

    [Theory]
    [InlineData("""echo '{"type":"error","message":"the loss is NaN"}'; exit 3""", "the loss is NaN", RunEndKind.Diverged)]
    [InlineData("""echo '{"type":"error","message":"the ratio is 1.1"}'; exit 1""", "the ratio is 1.1", RunEndKind.Broken)]
    [InlineData("kill -9 $$", "ended by signal 9", RunEndKind.Crashed)]
    public async Task How_an_attempt_ended_says_whether_another_one_makes_sense(string script, string reason, RunEndKind kind)
    {
        _hub.Attempts.Enqueue(1);
        using var host = Host(script);
        await host.StartAsync(TestContext.Current.CancellationToken);
        var ended = Assert.IsType<RunEnded>(await _hub.NextEndAsync());
        await host.StopAsync(CancellationToken.None);
        Assert.Equal((reason, kind), (ended.Reason, ended.Kind));
    }

    [Fact]
    public async Task A_lease_that_was_given_away_ends_the_child_and_nothing_of_it_is_told()
    {
        _hub.Attempts.Enqueue(1);
        _hub.Attempts.Enqueue(2);
        _hub.GivesTheFirstAway = true;
        _hub.Seconds = 4;
        using var host = Host("""
            if [ "$4" = 1 ]; then while true; do echo '{"type":"alive"}'; sleep 0.01; done; fi
            echo '{}' > "$out/result.pending.json"
            """);
        await host.StartAsync(TestContext.Current.CancellationToken);
        var end = Assert.IsType<RunCompleted>(await _hub.NextEndAsync());
        Assert.Equal(_hub.Leases.ElementAt(1), end.LeaseId);
        await host.StopAsync(CancellationToken.None);
        Assert.False(File.Exists(Folder.Attempt(1).ResultFile));
    }

    [Fact]
    public async Task A_worker_that_no_hub_answers_says_what_may_be_wrong()
    {
        using var host = Host("exit 1", answered: false);
        await host.StartAsync(TestContext.Current.CancellationToken);
        string said = await _log.Lines.Reader.ReadAsync(TestContext.Current.CancellationToken);
        await host.StopAsync(CancellationToken.None);
        Assert.Contains($"No hub answers for home {Home.Root}", said, StringComparison.Ordinal);
        Assert.Contains("the same home folder", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Children_inherit_neither_the_bus_nor_its_password()
    {
        string? before = Environment.GetEnvironmentVariable("RLHF_BUS");
        Environment.SetEnvironmentVariable("RLHF_BUS", "rabbitmq://user:secret@broker/");
        try
        {
            var environment = new ChildCommand("rlhf", []).StartInfo(Folder.Attempt(1)).Environment;
            Assert.DoesNotContain(environment, variable => variable.Value?.Contains("secret", StringComparison.Ordinal) == true);
        }
        finally
        {
            Environment.SetEnvironmentVariable("RLHF_BUS", before);
        }
    }

    private IHost Host(string script, bool answered = true)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(
            new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.AddProvider(_log).AddFilter<RecordingLog>("MassTransit", LogLevel.None);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.UsingInMemory((_, configure) =>
            {
                if (answered)
                    configure.ReceiveEndpoint("hub", hub => _hub.Configure(hub));
            });
        });
        builder.Services.Configure<MassTransitHostOptions>(options => options.WaitUntilStarted = true);
        builder.Services.AddSingleton(new ExecutorSettings("worker", Home, ShellChild.Script(_place, script))
        {
            // Without a hub there is nothing to wait for.
            AnswerTimeout = answered ? TimeSpan.FromMinutes(1) : TimeSpan.FromMilliseconds(50),
        });
        builder.Services.AddSingleton<WorkSignal>();
        builder.Services.AddHostedService<RunExecutor>();
        return builder.Build();
    }

    /// <summary>Leases the attempts in the queue, one after another, and collects what it is told.</summary>
    private sealed class FakeHub
    {
        private readonly Channel<object> _ends = Channel.CreateUnbounded<object>();

        public ConcurrentQueue<int> Attempts { get; } = new();

        public ConcurrentQueue<Guid> Leases { get; } = new();

        public bool GivesTheFirstAway { get; set; }

        public double Seconds { get; set; } = 120;

        public ValueTask<object> NextEndAsync() => _ends.Reader.ReadAsync(TestContext.Current.CancellationToken);

        public void Configure(IReceiveEndpointConfigurator endpoint)
        {
            endpoint.Handler<LeaseRun>(context =>
            {
                if (!Attempts.TryDequeue(out int attempt))
                    return context.RespondAsync(new NothingQueued(context.Message.LeaseId));
                Leases.Enqueue(context.Message.LeaseId);
                return context.RespondAsync(new RunLeased(null, Run, context.Message.LeaseId, RunKinds.Ppo, attempt, Seconds));
            });
            endpoint.Handler<RenewLease>(context => GivesTheFirstAway && context.Message.LeaseId == Leases.First()
                ? context.RespondAsync(new LeaseLost(Run, context.Message.LeaseId))
                : context.RespondAsync(new LeaseRenewed(Run, context.Message.LeaseId, Seconds)));
            endpoint.Handler<RunCompleted>(context => _ends.Writer.WriteAsync(context.Message).AsTask());
            endpoint.Handler<RunEnded>(context => _ends.Writer.WriteAsync(context.Message).AsTask());
        }
    }

    private sealed class RecordingLog : ILoggerProvider, ILogger
    {
        public Channel<string> Lines { get; } = Channel.CreateUnbounded<string>();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                Lines.Writer.TryWrite(formatter(state, exception));
        }

        public void Dispose()
        {
        }
    }
}
