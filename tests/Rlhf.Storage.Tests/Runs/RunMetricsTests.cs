using Rlhf.Core;
using Rlhf.Storage.Runs;
using Rlhf.Testing;

namespace Rlhf.Storage.Tests.Runs;

public sealed class RunMetricsTests
{
    [Fact]
    public void Points_and_samples_come_back_while_the_run_goes_on()
    {
        using var folder = new TemporaryFolder();
        using var writer = new RunMetricsWriter(folder["runs/x/run.db"]);
        using var reader = new RunMetricsReader(folder["runs/x/run.db"]);
        Assert.Empty(reader.Names());
        for (int step = 0; step < 5; step++)
        {
            writer.Metrics(step, new Dictionary<string, double>
            {
                ["loss/total"] = 1.0 / (step + 1),
                ["kl"] = step == 2 ? double.NaN : double.PositiveInfinity,
            });
        }
        var sample = new RunSample(4, 1, "p\n", "é🌸", new Dictionary<string, double> { ["reward"] = 0.1, ["kl"] = double.NaN });
        writer.Samples([new RunSample(3, 0, "old", "", new Dictionary<string, double>()), sample]);
        writer.Flush();
        Assert.Equal(["kl", "loss/total"], reader.Names());
        Assert.Equal([new MetricPoint(3, 0.25), new MetricPoint(4, 0.2)], reader.Points("loss/total", afterStep: 2));
        Assert.Equal([double.PositiveInfinity, double.PositiveInfinity, double.NaN, double.PositiveInfinity, double.PositiveInfinity],
            reader.Points("kl").Select(p => p.Value));
        Assert.Empty(reader.Points("none"));
        Assert.Equivalent(new[] { sample }, reader.Samples(), strict: true);
        Assert.Equal("old", Assert.Single(reader.Samples(3)).Prompt);
    }

    [Fact]
    public void A_metric_is_summed_up_and_thinned_to_the_width_of_a_chart_without_losing_its_spikes()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new RunMetricsWriter(folder["run.db"]))
        {
            for (int step = 0; step < 1000; step++)
            {
                double loss = step switch { 777 => 99, 778 => -5, >= 400 and < 500 => double.NaN, _ => Math.Sin(step) };
                writer.Metrics(step, new Dictionary<string, double> { ["loss"] = loss, ["b"] = step });
            }
            writer.Metrics(7000, new Dictionary<string, double> { ["one"] = double.NaN });
        }
        using var reader = new RunMetricsReader(folder["run.db"]);
        var summaries = reader.Summaries();
        Assert.Equal(new MetricSummary("b", 1000, 0, 999, 0, 999, 0, 999), summaries[0]);
        Assert.Equal(new MetricSummary("loss", 1000, 0, 999, -5, 99, 100, Math.Sin(999)), summaries[1]);
        Assert.Equal(new MetricSummary("one", 1, 7000, 7000, double.NaN, double.NaN, 1, double.NaN), summaries[2]);

        var thinned = reader.ThinnedPoints(summaries[1], 10);
        Assert.True(thinned.Count <= 20);
        Assert.Equal(thinned.OrderBy(p => p.Step), thinned);
        Assert.Contains(new MetricPoint(777, 99), thinned);
        Assert.Contains(new MetricPoint(778, -5), thinned);
        Assert.Contains(thinned, p => p.Step is >= 400 and < 500 && double.IsNaN(p.Value));
        var all = reader.Points("loss").Where(p => !double.IsNaN(p.Value)).ToArray();
        Assert.All(thinned.Where(p => !double.IsNaN(p.Value)), p => Assert.Contains(p, all));
        Assert.Equal(reader.Points("b"), reader.ThinnedPoints(summaries[0], 500));
        Assert.Equal(7000, Assert.Single(reader.ThinnedPoints(summaries[2], 1)).Step);
    }

    [Fact]
    public void A_run_taken_up_again_replaces_its_steps()
    {
        using var folder = new TemporaryFolder();
        for (int attempt = 0; attempt < 2; attempt++)
        {
            using var writer = new RunMetricsWriter(folder["run.db"]);
            for (int step = attempt; step < 3; step++)
                writer.Metrics(step, new Dictionary<string, double> { ["loss"] = (10 * attempt) + step });
        }
        using var reader = new RunMetricsReader(folder["run.db"]);
        Assert.Equal([0.0, 11, 12], reader.Points("loss").Select(p => p.Value));
    }

    [Fact]
    public void A_hundred_thousand_points_are_kept()
    {
        using var folder = new TemporaryFolder();
        using (var writer = new RunMetricsWriter(folder["run.db"]))
        {
            for (int step = 0; step < 20_000; step++)
                writer.Metrics(step, new[] { "a", "b", "c", "d", "e" }.ToDictionary(name => name, _ => (double)step));
        }
        using var reader = new RunMetricsReader(folder["run.db"]);
        Assert.Equal(20_000, reader.Points("e").Count);
    }

    [Fact]
    public void Other_files_are_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["text.db"], new string('x', 5000));
        Assert.Contains("cannot be opened as the database of a run",
            Assert.Throws<UserError>(() => new RunMetricsWriter(folder["text.db"])).Message);
        Assert.Contains("no such file", Assert.Throws<UserError>(() => new RunMetricsReader(folder["no.db"])).Message);
        using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={folder["later.db"]};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA user_version = 9;";
            command.ExecuteNonQuery();
        }
        Assert.Contains("later version", Assert.Throws<UserError>(() => new RunMetricsWriter(folder["later.db"])).Message);
    }
}
