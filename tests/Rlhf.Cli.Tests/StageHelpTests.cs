using System.Reflection;
using System.Text.Json;
using System.Xml.Linq;
using Rlhf.Core.Options;
using Rlhf.Pipeline.Stages;

namespace Rlhf.Cli.Tests;

/// <summary>
/// The help of each stage, read as a person reads it. What should be there is taken from the records and their documentation.
/// </summary>
public sealed class StageHelpTests
{
    public static TheoryData<string> Kinds => [.. StageTable.All.Select(s => s.Kind)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_option_is_shown_with_its_default_and_text(string kind)
    {
        Answer answer = RlhfProgram.Run(kind, "--help");
        Assert.Equal((0, ""), (answer.ExitCode, answer.Error));
        Assert.Contains("--config <FILE>", answer.Text, StringComparison.Ordinal);
        string[] lines = answer.Text.Split('\n');
        string flowing = string.Join(' ', answer.Text.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries));
        var options = OptionsOf(StageTable.Get(kind).OptionsType, "").ToList();
        Assert.True(options.Count > 5);
        foreach (var (key, property, fallback) in options)
        {
            string line = Assert.Single(lines, l => l.StartsWith($"  {key}: ", StringComparison.Ordinal));
            if (fallback is int or double or bool or ulong)
                Assert.Contains($"[{JsonSerializer.Serialize(fallback)}]", line.Replace("E-0", "e-0", StringComparison.Ordinal),
                    StringComparison.OrdinalIgnoreCase);
            Assert.Contains(Summary(property), flowing, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Limits_are_shown()
    {
        string help = RlhfProgram.Run("ppo", "--help").Text;
        Assert.Contains("\n  lambda: a number, between 0 and 1 [0.95]\n", help, StringComparison.Ordinal);
        Assert.Contains("\n  updates: an integer, 1 or more [100]\n", help, StringComparison.Ordinal);
        Assert.Contains("\n  klEstimator: one of k1, k2, k3, k3StraightThrough [k1]\n", help, StringComparison.Ordinal);
        Assert.Contains("\n  prompts.source: text [grammar]\n", help, StringComparison.Ordinal);
        Assert.Contains("\n  sampling.temperature: a number, 0 or between 0.001 and 100 [0.7]\n", RlhfProgram.Run("evaluate", "-h").Text,
            StringComparison.Ordinal);
    }

    private static IEnumerable<(string Key, PropertyInfo Property, object? Default)> OptionsOf(Type type, string prefix)
    {
        object defaults = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(p => p.CanWrite))
        {
            string key = prefix + JsonNamingPolicy.CamelCase.ConvertName(property.Name);
            yield return (key, property, property.GetValue(defaults));
            if (property.PropertyType.Namespace == typeof(StageOptions).Namespace && property.PropertyType.IsClass)
            {
                foreach (var nested in OptionsOf(property.PropertyType, key + "."))
                    yield return nested;
            }
        }
    }

    /// <summary>The first words of a property's documentation; references and entities aside.</summary>
    private static string Summary(PropertyInfo property)
    {
        string file = Path.ChangeExtension(property.DeclaringType!.Assembly.Location, ".xml");
        var member = XDocument.Load(file).Descendants("member")
            .Single(m => m.Attribute("name")!.Value == $"P:{property.DeclaringType!.FullName}.{property.Name}");
        return string.Join(' ', member.Element("summary")!.Value.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries));
    }
}
