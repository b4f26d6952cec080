using System.Reflection;

namespace Rlhf.Contracts.Tests;

public sealed class MessageTests
{
    private static readonly Type[] Messages =
        [.. Assembly.Load("Rlhf.Contracts").GetExportedTypes().Where(type => type is { IsClass: true, IsAbstract: false })];

    [Fact]
    public void There_are_messages_and_each_has_a_namespace()
    {
        // MassTransit names queues and exchanges after the namespace and refuses types without one.
        Assert.NotEmpty(Messages);
        Assert.All(Messages, type => Assert.StartsWith("Rlhf.Contracts", type.Namespace));
    }

    [Fact]
    public void A_message_carries_ids_and_references_only()
    {
        foreach (var property in Messages.SelectMany(type => type.GetProperties(BindingFlags.Instance | BindingFlags.Public)))
        {
            var type = property.PropertyType;
            Assert.False(type == typeof(byte[]) || type == typeof(float[]) || type == typeof(double[]) || type == typeof(object),
                $"{property.DeclaringType!.Name}.{property.Name} carries content of type {type.Name}");
        }
    }
}
