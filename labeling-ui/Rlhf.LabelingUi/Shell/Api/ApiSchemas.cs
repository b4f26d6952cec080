using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Rlhf.Core.Content;
using Rlhf.LabelingUi.Features.Labeling.Answering;
using Rlhf.LabelingUi.Shell.Requests;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>Shapes that the OpenAPI document cannot find out from the types: enums by name, and what has a converter of its own.</summary>
internal static class ApiSchemas
{
    private const string Name = "c1";

    public static void Describe(OpenApiSchema schema, Type declared)
    {
        var type = Nullable.GetUnderlyingType(declared) ?? declared;
        if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String;
            schema.Enum = [.. Enum.GetNames(type).Select(name => (JsonNode)JsonNamingPolicy.CamelCase.ConvertName(name)!)];
        }
        else if (type == typeof(Message))
        {
            Replace(schema, Message());
        }
        else if (type == typeof(ConversationBody))
        {
            Replace(schema, new OpenApiSchema
            {
                Description = "A text (one message of the user), or a list of messages.",
                OneOf = [Text(), List(Message())],
            });
        }
        else if (type == typeof(FlagsBody))
        {
            Replace(schema, new OpenApiSchema
            {
                Description = $"Labels: a list for the task as a whole, or an object of a list for each completion, by its name ({Name}).",
                OneOf = [List(Text()), new OpenApiSchema { Type = JsonSchemaType.Object, AdditionalProperties = List(Text()) }],
            });
        }
    }

    private static void Replace(OpenApiSchema schema, OpenApiSchema shape)
    {
        (schema.Type, schema.OneOf, schema.Properties, schema.Required, schema.AdditionalProperties) =
            (shape.Type, shape.OneOf, shape.Properties, shape.Required, shape.AdditionalProperties);
        schema.Description = shape.Description ?? schema.Description;
    }

    private static OpenApiSchema Message() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = new Dictionary<string, IOpenApiSchema>
        {
            ["role"] = new OpenApiSchema { Type = JsonSchemaType.String, Description = "system, user, assistant or tool." },
            ["content"] = new OpenApiSchema
            {
                Description = "A text, or a list of parts.",
                OneOf = [Text(), List(new OpenApiSchema
                {
                    Type = JsonSchemaType.Object,
                    Properties = new Dictionary<string, IOpenApiSchema> { ["type"] = Text(), ["text"] = Text() },
                })],
            },
        },
        Required = new HashSet<string> { "role", "content" },
    };

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };

    private static OpenApiSchema List(OpenApiSchema item) => new() { Type = JsonSchemaType.Array, Items = item };
}
