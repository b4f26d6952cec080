using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;

namespace Rlhf.LabelingUi.Shell.Api;

/// <summary>The OpenAPI document of the API, open to everyone: it holds nothing of the home folder.</summary>
internal static class ApiDocument
{
    public const string Name = "v1", Address = "/openapi/v1.json";

    private const string Bearer = "bearer";

    private const string About = """
        Labeling projects, their tasks, and the answers of annotators. Every call needs a token: `Authorization: Bearer TOKEN`; an
        administrator makes one with `rlhf users add NAME --role ROLE --token`.

        Completions are blind: annotators see them as `c1`, `c2` … in the order drawn for them, identical ones once. Refusals are
        problem details (RFC 9457) with `detail` for people, and `errors` where a field is at fault. Unknown fields are refused.
        Lists that come in pages have the address of the next one in the header `Link`. A request may be sent again: with an
        `Idempotency-Key` a submission is made once, and the same key with other answers is answered with 422.
        """;

    public static void AddServices(IServiceCollection services) => services.AddOpenApi(Name, options =>
    {
        options.ShouldInclude = description =>
            description.RelativePath?.StartsWith(ApiRoutes.Root[1..], StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            Describe(document);
            return Task.CompletedTask;
        });
        options.AddOperationTransformer((operation, context, _) =>
        {
            ApiExample.Add(operation, context);
            return Task.CompletedTask;
        });
        options.AddSchemaTransformer((schema, context, _) =>
        {
            ApiSchemas.Describe(schema, context.JsonTypeInfo.Type);
            return Task.CompletedTask;
        });
    });

    public static void Map(IEndpointRouteBuilder routes) => routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();

    private static void Describe(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo { Title = "Rlhf", Version = Name, Description = About };
        // The address under which it was asked for: behind a proxy there may be several.
        document.Servers = [];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Bearer] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = Bearer },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] }];
    }
}
