using System.Text.Json.Nodes;
using ControlTower.Web.Api;
using ControlTower.Web.Layout;
using ControlTower.Web.Shared;
using Microsoft.AspNetCore.Components;

namespace ControlTower.Web.Pages.Admin;

/// <summary>The reference of the API, from the very document that programs are given.</summary>
public sealed partial class ApiPage : ComponentBase
{
    private static readonly IReadOnlyList<Crumb> Above = [new("Admin", Links.Admin)];

    private IReadOnlyList<ApiResourceWords> resources = [];
    private IReadOnlyList<ApiSchemaWords> schemas = [];

    [Inject] private ApiDocument Document { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;

    protected override void OnInitialized()
    {
        var document = JsonNode.Parse(Document.Text)!;
        (resources, schemas) = (ApiReference.Of(document, Navigation.BaseUri.TrimEnd('/')), ApiReference.SchemasOf(document));
    }
}
