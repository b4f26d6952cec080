using Rlhf.Storage.Datasets;
using Rlhf.Storage.Quality;

namespace Rlhf.Storage.Tests.Quality;

public sealed class PromptReliabilityTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_prompt_weighs_what_its_annotators_are_worth_with_mean_1()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2, overlap: 2);
        // The first one skips "prompt 1", which two others then answer.
        var people = await QualityStore.AnswerAsync(store, project, 3,
            (k, task) => k == 0 && QualityStore.Text(task, 0) == "a 1" ? null : Store.Ranks(1, 2));
        var request = new DatasetRequest { Projects = [project] };
        var reader = new PromptReliability(store.Database);
        var worth = new Dictionary<Guid, double> { [people[0]] = 1, [people[1]] = 0.4, [people[2]] = 0.2 };
        var weights = await reader.ReadAsync(request, worth, Cancellation);
        // prompt 0: (1 + 0.4)/2 = 0.7; prompt 1: (0.4 + 0.2)/2 = 0.3; their mean is 0.5.
        Assert.Equal(1.4, weights[DatasetRequest.PromptKey("prompt 0")], 12);
        Assert.Equal(0.6, weights[DatasetRequest.PromptKey("prompt 1")], 12);
        // The version that is made with them has these weights.
        var version = await new DatasetVersions(store.Database).CreateAsync(request with { Weights = weights }, Cancellation);
        await using (var db = store.Database.OpenReadContext())
        {
            Assert.Equal([0.6, 0.6, 1.4, 1.4], db.DatasetVersionEntries.Where(e => e.DatasetVersionId == version.Id)
                .Select(e => Math.Round(e.Weight, 9)).Order());
        }
        // Who has no weight counts as the mean of the others.
        var usual = await reader.ReadAsync(request, new Dictionary<Guid, double> { [people[0]] = 1 }, Cancellation);
        Assert.All(usual.Values, weight => Assert.Equal(1, weight, 12));
    }

    [Fact]
    public async Task Without_rankings_or_without_worth_there_are_no_weights()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        var reader = new PromptReliability(store.Database);
        var request = new DatasetRequest { Projects = [project] };
        Assert.Contains("nothing to weight",
            await Store.RefusalAsync(() => reader.ReadAsync(request, new Dictionary<Guid, double>(), Cancellation)));
        var people = await QualityStore.AnswerAsync(store, project, 1, (_, _) => Store.Ranks(1, 2));
        Assert.Contains("no annotator is more reliable than chance", await Store.RefusalAsync(
            () => reader.ReadAsync(request, new Dictionary<Guid, double> { [people[0]] = 0 }, Cancellation)));
    }
}
