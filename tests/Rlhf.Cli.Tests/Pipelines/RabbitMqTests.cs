using System.Text.Json;
using Rlhf.Testing;

namespace Rlhf.Cli.Tests.Pipelines;

[Collection(TinyLoop.Tests)]
public sealed class RabbitMqTests(TinyLoop loop)
{
    [Fact]
    public async Task A_pipeline_runs_over_a_broker_with_its_runs_in_a_second_process()
    {
        using var broker = await RabbitMqBroker.StartAsync(TestContext.Current.CancellationToken);
        string home = loop.Home("broker");
        using var worker = RlhfProgram.Start("worker", "--bus", broker.Address, "--home", home);
        try
        {
            var answer = RlhfProgram.Run("pipeline", "run", loop.File, "--home", home, "--json", "--set", $"model={loop.Model}", "--bus",
                broker.Address);
            Assert.True(answer.ExitCode == 0, answer.Error);
            var result = JsonDocument.Parse(answer.Text.TrimEnd('\n').Split('\n')[^1]).RootElement;
            string policy = result.GetProperty("policy").GetString()!;

            // The same as in one process, to the last byte; and it was the worker that computed it.
            var alone = RlhfProgram.Run("pipeline", "run", loop.File, "--home", loop.Home("memory"), "--json", "--set",
                $"model={loop.Model}");
            string other = JsonDocument.Parse(alone.Text.TrimEnd('\n').Split('\n')[^1]).RootElement.GetProperty("policy").GetString()!;
            Assert.Equal(File.ReadAllBytes(Path.Combine(other, "model.safetensors")),
                File.ReadAllBytes(Path.Combine(policy, "model.safetensors")));
            using var database = await Storage.RlhfDatabase.OpenAsync(Path.Combine(home, "rlhf.db"), TestContext.Current.CancellationToken);
            await using var context = database.OpenReadContext();
            var runs = context.Runs.Select(r => new { r.Kind, r.Executor }).ToList();
            Assert.Equal(5, runs.Count);
            Assert.All(runs.Where(r => r.Kind != "collect"), r => Assert.Equal($"{Environment.MachineName}/{worker.Id}", r.Executor));
            Assert.StartsWith("hub ", runs.Single(r => r.Kind == "collect").Executor, StringComparison.Ordinal);
        }
        finally
        {
            worker.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_run_that_no_worker_takes_is_told_of_with_the_command_that_starts_one()
    {
        using var broker = await RabbitMqBroker.StartAsync(TestContext.Current.CancellationToken);
        string home = loop.Home("nobody-works");
        using var process = RlhfProgram.Start("candidates", "--bus", broker.Address, "--home", home, "--set", $"model={loop.Model}");
        try
        {
            string? line;
            do
            {
                line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken);
            }
            while (line is not null && !line.Contains("no worker has taken run", StringComparison.Ordinal));
            Assert.EndsWith($"(candidates) yet; start one on this home folder and bus: rlhf worker --bus ADDRESS --home {home}", line,
                StringComparison.Ordinal);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public void A_broker_that_is_not_there_is_told_while_it_is_waited_for_and_at_the_end()
    {
        var answer = RlhfProgram.Run("worker", "--bus", "rabbitmq://guest:secret@127.0.0.1:1/", "--home", loop.Home("nobody"));
        string[] lines = answer.Error.TrimEnd('\n').Split('\n');
        Assert.Equal(2, answer.ExitCode);
        Assert.StartsWith("rlhf: --bus rabbitmq://127.0.0.1:1/: the connection is refused", lines[^1], StringComparison.Ordinal);
        Assert.Contains(lines[..^1], line => line.Contains("127.0.0.1:1", StringComparison.Ordinal));
        Assert.DoesNotContain("secret", answer.Error, StringComparison.Ordinal);
    }
}
