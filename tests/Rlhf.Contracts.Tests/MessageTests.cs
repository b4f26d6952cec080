using System.Reflection;

namespace Rlhf.Contracts.Tests;

public sealed class MessageTests
{
    private static readonly Type[] Messages =
        [.. Assembly.Load("Rlhf.Contracts").GetExportedTypes().Where(type => type is { IsClass: true, IsAbstract: false })];

    private static readonly Type[] IdsAndNumbers = [typeof(Guid), typeof(int), typeof(long), typeof(double)];

    /// <summary>
    /// Kinds of stages, reasons and names, for people to read. No path, no address and no content: whoever is on the bus could send
    /// a hub or an executor elsewhere by one.
    /// </summary>
    private static readonly string[] Texts =
    [
        "LeaseRun.Executor", "PipelineFailed.Reason", "RunEnded.Reason", "RunLeased.Kind", "RunMeasured.Kind", "RunMeasured.Values",
        "RunProgressed.Counted", "RunProgressed.Kind", "RunProgressed.Phase", "StageCompleted.Stage", "StageFailed.Reason",
        "StartPipeline.Stages", "StartStage.Stage",
    ];

    [Fact]
    public void There_are_messages_and_each_has_a_namespace()
    {
        // MassTransit names queues and exchanges after the namespace and refuses types without one.
        Assert.NotEmpty(Messages);
        Assert.All(Messages, type => Assert.StartsWith("Rlhf.Contracts", type.Namespace));
    }

    [Fact]
    public void A_message_carries_ids_and_numbers_and_these_texts_only()
    {
        var others = Messages.SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public))
            .Where(property => !IsIdOrNumber(property.PropertyType))
            .ToDictionary(property => $"{property.DeclaringType!.Name}.{property.Name}", property => property.PropertyType);
        Assert.Equal(Texts, others.Keys.Order(StringComparer.Ordinal));
        Assert.All(others.Values, type =>
            Assert.Contains(type, new[] { typeof(string), typeof(IReadOnlyList<string>), typeof(IReadOnlyDictionary<string, double>) }));
    }

    private static bool IsIdOrNumber(Type type) =>
        (Nullable.GetUnderlyingType(type) ?? type) is var value && (value.IsEnum || IdsAndNumbers.Contains(value));
}
