using System.IO.Compression;

namespace ControlTower.Simulator.Vendor;

/// <summary>Opens the embedded vendor descriptions.</summary>
public static class VendorFile
{
    public const string ShopifySchema = "admin-2026-07.graphql.gz";
    public const string ShopifyWebhooks = "webhooks-2026-07.json.gz";
    public const string BusinessCentralEntities = "api-v2.0.entities.json.gz";
    public const string BusinessCentralMetadata = "api-v2.0.metadata.xml.gz";

    /// <summary>The uncompressed content. The caller disposes it.</summary>
    public static Stream Open(string name) => new GZipStream(
        typeof(VendorFile).Assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException($"The estate was built without {name}."),
        CompressionMode.Decompress);

    public static string ReadText(string name)
    {
        using var reader = new StreamReader(Open(name));
        return reader.ReadToEnd();
    }
}
