namespace ControlTower.Web.Shared;

/// <summary>One part of a filter in words. <paramref name="Wrong"/> explains a part that could not be understood.</summary>
public sealed record FilterField(string Name, string Value, string? Wrong = null);

/// <summary>A saved view: a link whose address carries the whole filter.</summary>
public sealed record FilterView(string Key, string Name, string Href, bool On, long? Count = null, bool OrMore = false);
