using System.Collections;
using System.Reflection;
using System.Text.Json;
using Rlhf.Core;
using Rlhf.Core.Options.Labeling;
using YamlDotNet.Serialization;

namespace Rlhf.Definitions.Templates;

/// <summary>The questions of a labeling project as YAML that people edit: what is as by default is left out.</summary>
public static class QuestionsYaml
{
    /// <summary>A list that <see cref="Parse"/> reads as the same questions.</summary>
    public static string Write(IReadOnlyList<QuestionTemplate> questions) => new SerializerBuilder()
        .WithQuotingNecessaryStrings().WithIndentedSequences().DisableAliases().Build()
        .Serialize(questions.Select(question => Fields(question, new QuestionTemplate())));

    /// <summary>The questions of a list, or of a whole template.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="UserError">What does not fit, with its line and the nearest right name.</exception>
    public static IReadOnlyList<QuestionTemplate> Parse(string text, string source) => ProjectTemplates.ParseQuestions(text, source);

    // A member that differs from the default, whatever its type: false differs where the default is true.
    private static Dictionary<string, object> Fields(object record, object defaults) => record.GetType()
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Select(property => (property.Name, Value: property.GetValue(record), Default: property.GetValue(defaults)))
        .Where(member => member.Value is not null && (IsAlwaysWritten(member.Name) || !Equals(member.Value, member.Default)))
        .ToDictionary(member => JsonNamingPolicy.CamelCase.ConvertName(member.Name), member => Shown(member.Value!));

    private static bool IsAlwaysWritten(string name) =>
        name is nameof(QuestionTemplate.Key) or nameof(QuestionTemplate.Kind) or nameof(QuestionTemplate.Text)
            or nameof(ScaleTemplate.Min) or nameof(ScaleTemplate.Max);

    private static object Shown(object value) => value switch
    {
        Enum kind => JsonNamingPolicy.CamelCase.ConvertName(kind.ToString()),
        ScaleTemplate scale => Fields(scale, new ScaleTemplate()),
        ChoiceTemplate choice => Fields(choice, new ChoiceTemplate()),
        string or bool or int or double => value,
        IEnumerable items => items.Cast<object>().Select(Shown).ToArray(),
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "a question has no member of this type"),
    };
}
