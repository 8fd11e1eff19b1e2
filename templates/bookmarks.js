const TEXTS={{ {
 'address': below_prefix(urls.BOOKMARKS),
 'save': _('Bookmark'),
 'saved': _('Bookmarked'),
 'list': _('Bookmarks and notes'),
 'highlight': _('Highlight'),
 'note': _('Note'),
 'keep': _('Save'),
 'cancel': _('Cancel'),
 'remove': _('Remove'),
 'close': _('Close'),
 'full': _('The browser has no more room for it. Export and remove some bookmarks.'),
}|tojson }};
{{ source }}
