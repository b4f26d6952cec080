using System.Collections.Concurrent;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;

namespace Rlhf.Definitions.Help;

/// <summary>The summaries of properties, from the compiled XML documentation beside the assembly.</summary>
internal static partial class XmlDocumentation
{
    private static readonly ConcurrentDictionary<Assembly, IReadOnlyDictionary<string, string>> s_files = new();

    /// <summary>The summary as one line of text; empty where there is none.</summary>
    public static string Summary(PropertyInfo property) =>
        Find(property.DeclaringType!, $"P:{TypeName(property.DeclaringType!)}.{property.Name}");

    private static string Find(Type type, string id) => s_files.GetOrAdd(type.Assembly, Load).GetValueOrDefault(id, "");

    private static string TypeName(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static Dictionary<string, string> Load(Assembly assembly)
    {
        string file = Path.Combine(AppContext.BaseDirectory, assembly.GetName().Name + ".xml");
        if (!File.Exists(file))
            return [];
        try
        {
            return XDocument.Load(file).Descendants("member")
                .Where(m => m.Attribute("name") is not null && m.Element("summary") is not null)
                .ToDictionary(m => m.Attribute("name")!.Value, m => Flatten(m.Element("summary")!));
        }
        catch (Exception exception) when (exception is XmlException or IOException or ArgumentException)
        {
            // Help without explanations is better than no help.
            return [];
        }
    }

    private static string Flatten(XElement summary) => Blanks().Replace(string.Concat(summary.Nodes().Select(Text)), " ").Trim();

    private static string Text(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "see" or "seealso" or "paramref" } reference when reference.IsEmpty =>
            ((reference.Attribute("langword") ?? reference.Attribute("cref") ?? reference.Attribute("name")
                ?? reference.Attribute("href"))?.Value ?? "").Split('.', ':')[^1],
        XElement element => string.Concat(element.Nodes().Select(Text)),
        _ => "",
    };

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
