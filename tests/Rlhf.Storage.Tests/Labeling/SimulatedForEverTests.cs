using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Rlhf.Storage.Entities;

namespace Rlhf.Storage.Tests.Labeling;

public sealed class SimulatedForEverTests
{
    [Fact]
    public async Task The_mark_is_on_every_annotation_and_there_is_no_setter()
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 2);
        await LabelingTests.AnswerAllAsync(store, project, simulated: true);
        await using var db = store.Database.OpenReadContext();
        Assert.All(await db.Annotations.ToListAsync(TestContext.Current.CancellationToken), a => Assert.True(a.IsSimulated));
        foreach (var type in new[] { typeof(Annotator), typeof(Annotation) })
        {
            var setter = type.GetProperty("IsSimulated")!.SetMethod!;
            Assert.Contains(typeof(System.Runtime.CompilerServices.IsExternalInit), setter.ReturnParameter.GetRequiredCustomModifiers());
        }
    }

    [Theory]
    [InlineData("UPDATE Annotators SET IsSimulated = 0", "whether an annotator is simulated never changes")]
    [InlineData("UPDATE Annotations SET IsSimulated = 0", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET Answers = 'x'", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET Revision = 2", "an annotation never changes")]
    [InlineData("UPDATE Annotations SET AnnotatorId = (SELECT Id FROM Annotators WHERE NOT IsSimulated)", "an annotation never changes")]
    [InlineData("INSERT INTO Annotations (Id, AssignmentId, TaskId, AnnotatorId, ProjectVersionId, Kind, Revision, Latest, Answers, "
        + "IsSimulated, Created) SELECT 'x', AssignmentId, TaskId, AnnotatorId, ProjectVersionId, Kind, 9, 0, Answers, 0, Created "
        + "FROM Annotations", "exactly when its annotator is")]
    [InlineData("DELETE FROM Annotators WHERE IsSimulated", "FOREIGN KEY constraint failed")]
    [InlineData("UPDATE ProjectVersions SET Questions = '[]'", "a version of a project never changes")]
    public async Task The_database_itself_refuses_to_unset_it(string sql, string complaint)
    {
        await using var store = await Store.OpenAsync();
        var project = await store.ProjectAsync(tasks: 1);
        await store.Labeling.CreateAnnotatorAsync(simulated: false, cancellation: TestContext.Current.CancellationToken);
        await LabelingTests.AnswerAllAsync(store, project, simulated: true);
        var refusal = await Assert.ThrowsAsync<SqliteException>(
            () => store.Database.WriteAsync(db => db.Database.ExecuteSqlRawAsync(sql, TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken));
        Assert.Contains(complaint, refusal.Message);
    }

    [Fact]
    public async Task An_annotator_made_twice_keeps_what_it_is()
    {
        await using var store = await Store.OpenAsync();
        var id = await store.Labeling.CreateAnnotatorAsync(simulated: true, cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(id, await store.Labeling.CreateAnnotatorAsync(
            simulated: true, id: id, cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("exists already and is simulated",
            await Store.RefusalAsync(() => store.Labeling.CreateAnnotatorAsync(simulated: false, id: id)));
    }
}
